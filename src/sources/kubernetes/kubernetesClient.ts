/**
 * The packages that speak to clusters. The build makes this file a bundle beside the host's, which is loaded with the
 * first cluster and not before; nothing else here imports their values.
 */
export { KubeConfig } from "@kubernetes/client-node/dist/config.js";
export { default as spawn } from "cross-spawn";
export { WebSocket } from "ws";

/**
 * The packages that talk to clusters. The build puts this file in its own bundle beside the host's, loaded
 * only with the first cluster; nothing else here imports their values.
 */
export { KubeConfig } from "@kubernetes/client-node/dist/config.js";
export { default as spawn } from "cross-spawn";
export { WebSocket } from "ws";

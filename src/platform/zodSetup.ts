import { config } from "zod/mini";

// Without this, zod asks whether it may compile code and reads `navigator`, which VS Code logs as an error.
config({ jitless: true });

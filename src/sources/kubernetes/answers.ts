import { t } from "../../core/language.ts";
import type { IncomingMessage } from "node:http";
import { ServerError } from "../../core/errors.ts";
import { MAX_BODY_BYTES } from "../../core/limits.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import { toClusterError } from "./kubeErrors.ts";
import { fieldsOf, parseJSON } from "./values.ts";

const BODY_TIMEOUT_MS = 60_000;

/** Whether a text is a `Status` object from the API server itself. */
export function isStatus(text: string): boolean {
  const { kind, apiVersion } = fieldsOf(parseJSON(text));
  return kind === "Status" && apiVersion === "v1";
}

/** How many more bytes the answers that share it may have. */
export interface Allowance {
  bytes: number;
}

/** Reads an answer to its end; an error if it is too large, too slow or cut off. */
export function textOfResponse(
  response: IncomingMessage,
  allowance: Allowance = { bytes: MAX_BODY_BYTES },
): Promise<Result<string>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (result: Result<string>): void => {
      clearTimeout(timer);
      resolve(result);
      response.destroy();
    };
    const timer = setTimeout(() => {
      end(failed(new ServerError("timeout", t("the cluster's answer did not end in time"))));
    }, BODY_TIMEOUT_MS);
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      allowance.bytes -= chunk.length;
      if (size <= MAX_BODY_BYTES && allowance.bytes >= 0) return;
      end(failed(new ServerError("invalidResponse", t("the cluster's answer is too large"))));
    });
    response.once("end", () => {
      clearTimeout(timer);
      resolve(ok(Buffer.concat(chunks).toString()));
    });
    response.on("error", (error) => {
      end(failed(toClusterError(error)));
    });
    response.once("close", () => {
      end(
        failed(new ServerError("unreachable", t("the connection to the cluster was interrupted"))),
      );
    });
  });
}

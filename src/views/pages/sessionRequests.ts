import type { AnswerOutcome, RequestAnswer } from "../../core/state/request.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import type { FromCards, ToCards } from "../../protocol/answers.ts";
import { requestModels } from "../../viewModels/conversation/requests.ts";

/** Sends an answer to a request of a session; never rejects. */
export type SendAnswer = (
  ref: SessionRef,
  requestID: string,
  answer: RequestAnswer,
) => Promise<AnswerOutcome>;

/** The host side of the cards on a page: lists what waits in the session and below it, and sends the answers. */
export class SessionRequests {
  readonly #ref: SessionRef;
  readonly #state: () => State;
  readonly #send: SendAnswer;
  readonly #say: (said: ToCards) => void;
  #isReady = false;
  #sent = "";
  /** The card to focus once the page exists. */
  #pendingFocus: { readonly requestID: string } | undefined;

  constructor(ref: SessionRef, state: () => State, send: SendAnswer, say: (said: ToCards) => void) {
    this.#ref = ref;
    this.#state = state;
    this.#send = send;
    this.#say = say;
  }

  /** The page exists, and is still empty. */
  start(): void {
    this.#isReady = true;
    this.#sent = "";
    this.update();
    if (this.#pendingFocus !== undefined) this.#say({ kind: "focus", ...this.#pendingFocus });
    this.#pendingFocus = undefined;
  }

  /** The page is gone until the next start. */
  stop(): void {
    this.#isReady = false;
  }

  /** Sends the waiting requests if they have changed. */
  update(): void {
    if (!this.#isReady) return;
    const requests = requestModels(this.#state(), this.#ref);
    const text = JSON.stringify(requests);
    if (text === this.#sent) return;
    this.#sent = text;
    this.#say({ kind: "requests", requests });
  }

  focus(requestID: string): void {
    if (this.#isReady) this.#say({ kind: "focus", requestID });
    else this.#pendingFocus = { requestID };
  }

  /** Sends an answer. The server's event removes its request; a failure is shown on its card. */
  async receive(answer: FromCards): Promise<void> {
    const { serverID } = this.#ref;
    const isOurs = requestModels(this.#state(), this.#ref).some(
      ({ sessionID, requestID }) =>
        sessionID === answer.sessionID && requestID === answer.requestID,
    );
    // The card is already gone, or will disappear with the next list.
    if (!isOurs) return;
    const { sessionID, requestID } = answer;
    const outcome = await this.#send({ serverID, sessionID }, requestID, answer);
    if (outcome.kind === "failed")
      this.#say({ kind: "failed", requestID, reason: outcome.message });
  }
}

import { type Messages, setLanguage } from "../src/core/language.ts";
import { MESSAGES_ATTRIBUTE } from "../src/protocol/page.ts";

// Evaluated before all other modules, since their constants may hold messages. The host provides the messages.
const written = document.body.getAttribute(MESSAGES_ATTRIBUTE);
const messages: Messages | undefined =
  written === null ? undefined : (JSON.parse(written) as Messages);
setLanguage(document.documentElement.lang, messages);

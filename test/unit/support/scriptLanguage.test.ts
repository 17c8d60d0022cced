import assert from "node:assert/strict";
import { describe, it } from "mocha";
import {
  contextClaims,
  contextSentence,
  parseScript,
  scriptOf,
} from "../../support/opencode/scriptLanguage.ts";

describe("the scripted provider's language", () => {
  it("is read from the last DO line of a prompt", () => {
    assert.equal(scriptOf("Fix it\nDO say 1\nmore\nDO say 2"), "say 2");
    assert.equal(scriptOf('"Fix it\nDO say 3"'), "say 3", "as `opencode run` quotes it");
    assert.equal(scriptOf("TO DO say 1"), undefined);
  });

  it("ends a step at its tool calls, and keeps the pace across steps", () => {
    const steps = parseScript(
      "slow 9 ;; think 2 ;; say 5 ;; bash a; b && bash c ;; fail 2 30 ;; say 6",
    );
    assert.deepEqual(
      steps.map((step) => [step.toolCalls.map((call) => call.input["command"]), step.chunkDelayMs]),
      [
        [["a; b", "c"], 9],
        [[], 9],
      ],
    );
    assert.equal(steps[0]?.reasoningWords, 2);
    assert.deepEqual([steps[1]?.failures, steps[1]?.retryAfterMs], [2, 30]);
  });

  it("passes a task's text in braces to its child", () => {
    const [step, last] = parseScript(
      "task general One { task explore Two { say 1 } ;; say 2 } ;; say 3",
    );
    assert.deepEqual(step?.toolCalls[0]?.input, {
      description: "One",
      prompt: "One\nDO task explore Two { say 1 } ;; say 2",
      subagent_type: "general",
    });
    assert.deepEqual(last?.text, [{ kind: "words", count: 3 }]);
  });

  it("supports repetition, and reports what it does not understand", () => {
    assert.equal(parseScript("repeat 3 { bash x } ;; say 1").length, 4);
    assert.throws(() => parseScript("dance 3"), { name: "ScriptError" });
    assert.throws(() => parseScript("task general One { say 1"), { name: "ScriptError" });
    assert.throws(() => parseScript("bash x && say 1"), { name: "ScriptError" });
    assert.throws(() => parseScript("say many"), { name: "ScriptError" });
  });

  it("finds the context an answer claims", () => {
    assert.equal(contextClaims(`a ${contextSentence(120_000)} b ${contextSentence(5)}`), 120_005);
    assert.equal(contextClaims("Read many tokens of source."), 0);
  });
});

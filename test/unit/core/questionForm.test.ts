import assert from "node:assert/strict";

import {
  applicableAnswers,
  isApplicable,
  validateAnswer,
} from "../../../src/core/state/questionForm.ts";
import type { Question } from "../../../src/core/state/request.ts";

function question(key: string, overrides: Partial<Question> = {}): Question {
  return {
    key,
    header: key,
    text: key,
    options: [],
    type: "text",
    isMultiple: false,
    allowsCustom: false,
    isRequired: true,
    url: undefined,
    when: undefined,
    ...overrides,
  };
}

describe("a question form", () => {
  const deploy = question("deploy", { type: "boolean" });
  const where = question("where", { when: { key: "deploy", value: true } });
  const port = question("port", { type: "integer", when: { key: "where", value: "cluster" } });
  const questions = [deploy, where, port];

  it("shows a dependent question only once the required answer is given", () => {
    assert.equal(isApplicable(questions, deploy, new Map()), true);
    assert.equal(isApplicable(questions, where, new Map([["deploy", ["false"]]])), false);
    assert.equal(isApplicable(questions, where, new Map([["deploy", ["true"]]])), true);
    const yes = new Map([
      ["deploy", ["true"]],
      ["where", ["cluster"]],
    ]);
    assert.equal(isApplicable(questions, port, yes), true);
  });

  it("drops answers that another answer has made void, through a chain of conditions", () => {
    const changed = new Map([
      ["deploy", ["false"]],
      ["where", ["cluster"]],
      ["port", ["80"]],
    ]);
    assert.deepEqual([...applicableAnswers(questions, changed)], [["deploy", ["false"]]]);
  });

  it("handles conditions that form a cycle or name no question", () => {
    const a = question("a", { when: { key: "b", value: "x" } });
    const b = question("b", { when: { key: "a", value: "x" } });
    const lost = question("lost", { when: { key: "nowhere", value: 1 } });
    const given = new Map([
      ["a", ["x"]],
      ["b", ["x"]],
    ]);
    for (const one of [a, b, lost]) assert.equal(isApplicable([a, b, lost], one, given), false);
  });

  it("says what a typed text must look like", () => {
    assert.equal(validateAnswer(question("q"), "  "), "Enter an answer.");
    assert.equal(validateAnswer(question("q", { isRequired: false }), ""), undefined);
    assert.equal(validateAnswer(question("q", { type: "number" }), "3.5"), undefined);
    assert.equal(validateAnswer(question("q", { type: "number" }), "three"), "Enter a number.");
    assert.equal(
      validateAnswer(question("q", { type: "integer" }), "3.5"),
      "Enter a whole number.",
    );
    assert.equal(validateAnswer(question("q", { type: "integer" }), "-3"), undefined);
  });
});

/**
 * `npm run flakes`: how often and why each test failed at its first try, in the runs of `npm test` on this
 * machine. A rate above one in 200 is a defect to fix.
 */
import { bookOfFlakes, flakeRates } from "../support/flakes.mjs";

const rates = flakeRates();
console.log(rates.length === 0 ? `No test failed in any run that ${bookOfFlakes} knows.` : "");
for (const { file, title, runs, failed, red, causes } of rates) {
  const percent = ((100 * failed) / runs).toFixed(1);
  console.log(`${percent} %  ${failed} of ${runs} runs, ${red} red: ${file} › ${title}`);
  for (const cause of causes) console.log(`        ${cause}`);
}

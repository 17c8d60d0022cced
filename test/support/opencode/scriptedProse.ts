const openings = ["The", "This", "Every", "That", "Each", "Another", "One more", "The next"];
const subjects =
  "parser,session store,login handler,retry loop,cache layer,test fixture,token counter,event stream,route table,type guard,connection pool,config reader,render pass,queue worker,date helper,schema check".split(
    ",",
  );
const verbs =
  "reads,keeps,drops,returns,awaits,guards,repeats,caches,splits,compares,updates,releases,validates,orders,reuses,closes".split(
    ",",
  );
const objects =
  "the open handle,a stale entry,its own clock,the first match,both halves,an empty list,the last reply,every row,the parent id,a second copy,the pending write,its lock,the old header,a closed socket,the wrong key,the total".split(
    ",",
  );
const endings =
  "before the test starts,when the server is slow,twice in a row,after a restart,on the second run,without waiting,under load,in the same tick,as the docs say,once per request,only on failure,for good".split(
    ",",
  );

/** `count` plausible English words; the same `seed` gives the same words. */
export function prose(count: number, seed: number): string {
  const pick = pickerOf(seed);
  const words: string[] = [];
  let sentences = 0;
  while (words.length < count) {
    const sentence = [openings, subjects, verbs, objects, endings].map(pick).join(" ").split(" ");
    const last = sentence.length - 1;
    sentence[last] = `${sentence[last] ?? ""}.${++sentences % 4 === 0 ? "\n\n" : ""}`;
    words.push(...sentence);
  }
  const text = words.slice(0, count).join(" ").replaceAll("\n\n ", "\n\n").trimEnd();
  return text === "" || text.endsWith(".") ? text : `${text}.`;
}

/** A small number that depends on every character of `text`. */
export function seedOf(text: string): number {
  let hash = 2166136261;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 16777619);
  }
  return hash >>> 0;
}

function pickerOf(seed: number): (list: readonly string[]) => string {
  let state = seed >>> 0;
  return (list) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return list[(state >>> 16) % list.length] ?? "";
  };
}

// How long the frames are while a matrix of 50 people and 116 apps scrolls: down, across, by the wheel and by keys.
// Writes one check, whose name holds the figures: milliseconds of the longest frame, and of the longest task of the page's
// thread by that thread's own clock, which other work of the machine does not lengthen.
import { check, done } from "../../clients/scripts/checks.mjs";
import { open, settled } from "./browser.mjs";
import { showGrown } from "./grown.mjs";

const SIZE = { people: 50, apps: 116, categories: 16 };
const TRACED = ["toplevel", "devtools.timeline"];

/** Scroll the matrix by some pixels with each frame, down and back, across and back; gives the frames' milliseconds. */
const scrolled = (page, step) => page.evaluate(async (by) => {
  const box = document.querySelector(".matrix");
  const frame = () => new Promise(requestAnimationFrame);
  const lengths = [];
  for (const [dx, dy] of [[0, by], [0, -by], [by, 0], [-by, 0]]) {
    let last = await frame();
    for (let before; before !== `${box.scrollLeft},${box.scrollTop}`; ) {
      before = `${box.scrollLeft},${box.scrollTop}`;
      box.scrollBy(dx, dy);
      const now = await frame();
      lengths.push(now - last);
      last = now;
    }
  }
  return lengths;
}, step);

/** The milliseconds of its own clock that each task of the page's main thread took. */
function tasks(trace) {
  const { traceEvents } = JSON.parse(trace);
  const main = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(({ pid, tid }) => `${pid} ${tid}`);
  return traceEvents.filter(({ name, pid, tid, tdur }) => name.endsWith("RunTask") && tdur && main.includes(`${pid} ${tid}`)).map(({ tdur }) => tdur / 1000);
}

const page = await open({ language: "fr" });
await showGrown(page, SIZE);
await settled(page);
const browser = page.context().browser();
for (const step of [34, 400]) {
  await browser.startTracing(page, { categories: TRACED });
  const frames = await scrolled(page, step);
  const own = tasks(await browser.stopTracing());
  const figures = {
    step,
    frames: frames.length,
    longest: Math.max(...frames),
    late: frames.filter((length) => length > 50).length,
    task: Math.max(...own),
    long: own.filter((length) => length > 50).length,
  };
  await check(JSON.stringify(figures), () => {});
}
done();

// What the first page costs, and that nothing comes from elsewhere.
import assert from "node:assert/strict";
import { done } from "../../clients/scripts/checks.mjs";
import { checkPage, console_, settled } from "./browser.mjs";

const KIB = 1024;

/** The files that a page loads, without the schema: their number, and their bytes as they are before compression. */
async function filesOf(page, address) {
  const sizes = [];
  page.on("response", async (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.startsWith("/console/") && !pathname.endsWith("/schema.json")) sizes.push(response.body());
  });
  await page.goto(address);
  await settled(page);
  const bodies = await Promise.all(sizes);
  return { requests: bodies.length, bytes: bodies.reduce((sum, body) => sum + body.length, 0) };
}

await checkPage("the first page is small", {}, async (page) => {
  const { requests, bytes } = await filesOf(page, console_);
  await page.waitForSelector("input[type=password]");
  assert.ok(requests >= 4 && requests <= 8, `${requests} requests`);
  assert.ok(bytes > 20 * KIB && bytes <= 60 * KIB, `${bytes} bytes`);
});

await checkPage("the explorer has a bound", {}, async (page) => {
  const { bytes } = await filesOf(page, `${console_}explorer`);
  assert.ok(bytes > 1_000 * KIB && bytes <= 1.7 * KIB * KIB, `${bytes} bytes`);
});

await checkPage("a second visit asks for the page alone", {}, async (page) => {
  await page.goto(console_);
  await settled(page);
  const asked = [];
  page.on("response", (response) => {
    if (!response.fromServiceWorker() && new URL(response.url()).pathname.startsWith("/console/")) asked.push(response);
  });
  await page.reload();
  await settled(page);
  const fromNetwork = [];
  for (const response of asked) {
    const timing = response.request().timing();
    if (timing.responseStart >= 0 && timing.requestStart >= 0 && (await response.request().sizes()).responseHeadersSize > 0)
      fromNetwork.push(new URL(response.url()).pathname);
  }
  assert.deepEqual(fromNetwork.filter((path) => !["/console/", "/console/demo.json"].includes(path)), []);
});
done();

// What axe looks at, on which page in which language and colour scheme.
//
// Roles, names and order are the same in both schemes, and colours in all languages. So a run sees each page once whole,
// and once more its colours in the other scheme; the languages and schemes take turns over the pages, so that all of
// them are seen together somewhere. Where all is asked for (`whole`), each page is seen in all languages and schemes.
import assert from "node:assert/strict";
import { given } from "../../clients/scripts/checks.mjs";
import { LANGUAGES, settled, violations } from "./browser.mjs";

const SCHEMES = ["light", "dark"];

/** What axe does on the page that is the `n`th of all in a language. */
function looks(n, language) {
  if (given.whole) return SCHEMES.map((colorScheme) => ({ colorScheme }));
  if (language !== LANGUAGES[n % LANGUAGES.length]) return [];
  const first = Math.floor(n / LANGUAGES.length) % SCHEMES.length;
  return [{ colorScheme: SCHEMES[first] }, { colorScheme: SCHEMES[1 - first], colorsAlone: true }];
}

/** Axe finds nothing on the page as it stands, the `n`th of all, in the schemes that are looked at in this language. */
export async function assertAccessible(page, n, language, where, { exclude } = {}) {
  for (const { colorScheme, colorsAlone } of looks(n, language)) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page, { exclude, colorsAlone }), [], `${where}, ${colorScheme}, ${language}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** Have a page speak each language in turn, French last, and look at it in each; `chooser` is where it is chosen. */
export async function inEveryLanguage(page, chooser, look) {
  for (const language of [...LANGUAGES.slice(1), LANGUAGES[0]]) {
    await page.locator(chooser).first().selectOption(language);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
    await settled(page);
    await look(language);
  }
}

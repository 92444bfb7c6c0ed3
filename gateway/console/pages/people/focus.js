/** Where the focus goes when what had it is gone from the page. */

let last = null;

/** Remember the switch that has the focus. Gives the function that ends it. */
export function follow() {
  const remember = ({ target }) => target.role === "switch" && (last = target);
  addEventListener("focusin", remember);
  return () => {
    removeEventListener("focusin", remember);
    last = null;
  };
}

/**
 * Once the page is drawn anew, give the focus that was lost to the first of some selectors that is there, else to the
 * switch that had it last, else to the heading. A focus that is somewhere stays.
 */
export const refocus = (...selectors) => setTimeout(() => {
  if (document.activeElement !== document.body) return;
  const found = selectors.map((selector) => document.querySelector(selector)).find(Boolean);
  (found ?? (last?.isConnected ? last : document.querySelector(".matrix [role=switch][tabindex='0'], h1")))?.focus();
});

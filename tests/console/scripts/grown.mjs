// A matrix that is as large as is wanted: the demo's answer to People, with other people and apps in it.
import { LAMBERT } from "../../clients/scripts/checks.mjs";
import { console_, enter } from "./browser.mjs";

const END = "2126-01-01T12:00:00+00:00";

/** The answer to People with as many users and apps, these in as many categories; every eleventh that is on is lent. */
function grown({ data }, people, apps, categories) {
  const { permissionMatrix: matrix } = data.company;
  const [app] = matrix.apps;
  const row = matrix.rows.find(({ user }) => user?.role === "EMPLOYEE");
  const known = [...new Set(matrix.apps.map(({ category }) => category))].slice(0, categories);
  matrix.apps = Array.from({ length: apps }, (_, i) => ({
    ...app, id: `app${i}`, app: `APP_${i}`, label: `App ${i}`, category: known[Math.floor((i * known.length) / apps)], alwaysVisible: false,
  }));
  matrix.rows = Array.from({ length: people }, (_, i) => ({
    ...row,
    id: `row${i}`,
    user: { ...row.user, id: `usr${i}`, firstName: `Person ${i}`, lastName: "" },
    cells: matrix.apps.map(({ app: name }, j) => {
      const granted = (i + j) % 3 === 0;
      return { ...row.cells[0], id: `${i}.${j}`, app: name, granted, editable: true, reason: "TOGGLE", until: granted && j % 11 === 0 ? END : null };
    }),
  }));
  return { data };
}

/** Show an owner of the demo a matrix with so many people and apps. */
export async function showGrown(page, { people, apps, categories }) {
  await page.route("**/graphql", async (route) => {
    if (route.request().postDataJSON().documentId !== "console/People") return route.fallback();
    const response = await route.fetch();
    return route.fulfill({ response, json: grown(await response.json(), people, apps, categories) });
  });
  await enter(page, "lambert");
  await page.goto(`${console_}#/${LAMBERT}/matrix`);
  await page.getByRole("grid").waitFor();
}

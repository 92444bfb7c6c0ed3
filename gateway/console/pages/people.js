/** Utilisateurs: the list, one person, or the matrix, above one bar for what is not saved. */

import { spoken } from "../api.js";
import { Failed, Waiting, attempt, html, useEffect } from "../core.js";
import { Bar } from "./people/bar.js";
import { List } from "./people/list.js";
import { Matrix } from "./people/matrix.js";
import { Person } from "./people/person.js";
import { begin, enter, matrix, problem } from "./people/store.js";

const VIEWS = { list: List, matrix: Matrix, person: Person };

export default function People({ route }) {
  useEffect(() => enter(route.company), [route.company]);
  useEffect(() => {
    if (matrix.value) attempt(begin);
  }, [spoken.value]);
  if (problem.value && !matrix.value) return html`<${Failed} problem=${problem.value} again=${() => begin().catch((refusal) => (problem.value = refusal))} />`;
  if (!matrix.value) return html`<${Waiting} />`;
  return html`<${VIEWS[route.view]} key=${route.user} route=${route} /><${Bar} />`;
}

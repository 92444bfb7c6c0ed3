// What the console's pages import: Preact with its hooks, its signals, and htm bound to it.
import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);
export { createContext, Fragment, render } from "preact";
export {
  useCallback, useContext, useEffect, useErrorBoundary, useId, useLayoutEffect, useMemo, useReducer, useRef, useState,
} from "preact/hooks";
export { batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect } from "@preact/signals";

/**
 * Property tests run with one seed in `npm test`, so that a run says the same twice; `MYSYSCONFIG_SEED=random` explores,
 * `MYSYSCONFIG_SEED=<number>` repeats what a failure printed.
 */
import { configureGlobal } from "fast-check";

const text = process.env["MYSYSCONFIG_SEED"] ?? "20261121";

if (text !== "random") configureGlobal({ seed: Number(text) });

import { inject } from "vitest";
import { test } from "./scenario.ts";

const isNewest = !inject("engine").version.startsWith("20.");

if (!isNewest)
  process.stderr.write(
    "skipped here: what does not depend on the Engine's release is tried on the newest one alone\n",
  );

/** For what another release of the Engine would only repeat; where it is skipped, the reason is printed. */
export const once = test.runIf(isNewest);

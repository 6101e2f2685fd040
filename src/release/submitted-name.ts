import { classifyManifests, unitsFolder } from "../desired/manifest-files.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";

const templateSuffix = ".hbs";

/** What the name of a submitted file says. */
export interface SubmittedName {
  readonly isTemplate: boolean;
  /** The manifest in the repository, without `.hbs`. */
  readonly manifestPath: string;
  /** What people call it: `myservice`, `worker` for a template unit, `shop` for a stack. */
  readonly label: string;
}

/** The name of a unit or a compose file, a template or not; anything that could lead elsewhere is refused. */
export function readSubmittedName(fileName: string): SubmittedName | Diagnostic {
  const refuse = (message: string, hint: string): Diagnostic => {
    const position = { file: fileName, line: 1, column: 1 };
    return { severity: "error", code: "invalid-name", position, message, hint };
  };
  const example = "name the file alone: myservice.service or shop.compose.yaml, with or without .hbs";
  if (!/^[A-Za-z0-9:_@.\\-]{1,200}$/.test(fileName) || fileName.includes(".."))
    return refuse(`"${fileName}" is no plain file name`, example);
  const isTemplate = fileName.endsWith(templateSuffix);
  const manifestPath = unitsFolder + (isTemplate ? fileName.slice(0, -templateSuffix.length) : fileName);
  const { jobs, diagnostics } = classifyManifests([manifestPath], []);
  const [mistake] = diagnostics.filter(({ severity }) => severity === "error");
  if (mistake) return refuse(mistake.message, mistake.hint ?? example);
  const [job] = jobs;
  if (job?.kind === "timer") return refuse(`"${fileName}" names no image`, example);
  if (!job) return refuse(`"${fileName}" is no unit and no compose file`, example);
  const name = manifestPath.slice(unitsFolder.length);
  const label = job.kind === "compose" ? job.stack : name.replace(/@?\.service$/, "");
  return { isTemplate, manifestPath, label };
}

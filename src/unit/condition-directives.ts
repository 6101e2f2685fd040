import { type DirectiveTable, rowsFor } from "./directive-rows.ts";

/** What systemd 252 can ask about (`Conditions and Asserts` in systemd.unit(5)). */
const aboutPaths =
  "PathExists PathExistsGlob PathIsDirectory PathIsSymbolicLink PathIsMountPoint PathIsReadWrite PathIsEncrypted DirectoryNotEmpty FileNotEmpty FileIsExecutable";
const aboutMachine =
  "NeedsUpdate FirstBoot Architecture Firmware Virtualization Host KernelCommandLine KernelVersion Credential Security Capability ACPower Memory CPUFeature CPUs Environment User Group ControlGroupController OSRelease MemoryPressure CPUPressure IOPressure";

/** A condition is asked each time the unit is started, on the host; a reconciler in a container can ask nothing there. */
export const conditionDirectives: DirectiveTable = {
  ...rowsFor(namesOf(aboutPaths), {
    handling: "refused",
    doc: "files of the host cannot be seen from a container",
    hint: "remove it: a bind mount whose source is missing fails anyway; or use an environment of mysysconfig.yaml",
  }),
  ...rowsFor(namesOf(aboutMachine), {
    handling: "refused",
    doc: "conditions about the host cannot be checked from a container",
    hint: "remove it, or use an environment of mysysconfig.yaml to decide where the unit runs",
  }),
};

function namesOf(subjects: string): string {
  return subjects
    .split(" ")
    .flatMap((subject) => [`Condition${subject}`, `Assert${subject}`])
    .join(" ");
}

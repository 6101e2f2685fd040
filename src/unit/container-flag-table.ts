import {
  applyEnv,
  applyEnvFile,
  applyLabel,
  applyLabelFile,
  applyLogDriver,
  applyLogOption,
  applyName,
  applyRestart,
  setsHealth,
} from "./container-flags.ts";
import { adds, dropped, type FlagRow, sets, switched, valued } from "./flag-rows.ts";
import {
  absolutePath,
  anyText,
  integerOf,
  integerOrDefault,
  oneItem,
  optionalText,
  pairInto,
  readBoolean,
  readDuration,
  readSignal,
  someText,
} from "./flag-values.ts";
import { readPlatform } from "./platform.ts";
import { mark, refuse } from "./run-draft.ts";
import { wordPosition } from "./words.ts";

/** Flags about the container itself: its name, process, variables, labels, life and health. */
export const containerFlags: readonly FlagRow[] = [
  valued("name", "name of the container", applyName),
  valued("env", "variable of the container; NAME alone takes the unit's variable", applyEnv, { short: "e" }),
  valued("env-file", "file of the repository with variables, or a path of hostFiles", applyEnvFile),
  valued("label", "label of the container", applyLabel, { short: "l" }),
  valued("label-file", "file of the repository with labels", applyLabelFile),
  valued(
    "entrypoint",
    "replaces the image's entrypoint; empty removes it",
    sets("entrypoint", (value) => (value.text === "" ? [] : [value.text])),
  ),
  valued("user", "user and group in the container", sets("user", optionalText), { short: "u" }),
  valued("group-add", "further group of the user", adds("groupAdd", oneItem(someText))),
  valued(
    "workdir",
    "working directory in the container",
    sets("workingDir", (value, draft) => (value.text === "" ? null : absolutePath(value, draft))),
    { short: "w" },
  ),
  valued("hostname", "host name in the container", sets("hostname", optionalText), { short: "h" }),
  valued("domainname", "NIS domain name of the container", sets("domainname", optionalText)),
  switched("init", "runs an init process in the container", sets("init", readBoolean)),
  switched("tty", "gives the container a terminal", sets("tty", readBoolean), { short: "t" }),
  switched("interactive", "keeps standard input open", sets("stdinOpen", readBoolean), { short: "i" }),
  valued("platform", "platform of the image, os/arch", sets("platform", readPlatform)),
  valued("runtime", "OCI runtime", sets("runtime", optionalText)),
  valued("restart", "restart policy; must agree with Restart=", applyRestart),
  valued(
    "stop-signal",
    "signal that stops the container",
    sets("stopSignal", (value, draft) => (value.text === "" ? null : readSignal(value, draft))),
  ),
  valued(
    "stop-timeout",
    "seconds to wait before the container is killed",
    sets("stopTimeoutSeconds", integerOf(-2_147_483_648, 2_147_483_647)),
  ),
  valued("log-driver", "logging driver", applyLogDriver),
  valued("log-opt", "option of the logging driver", applyLogOption),
  valued(
    "health-cmd",
    "health check, run by the container's shell",
    setsHealth("test", (value) => (value.text === "" ? null : ["CMD-SHELL", value.text])),
  ),
  valued("health-interval", "time between two checks", setsHealth("intervalMs", readDuration)),
  valued("health-timeout", "longest time of one check", setsHealth("timeoutMs", readDuration)),
  valued(
    "health-retries",
    "failures in a row that make it unhealthy",
    setsHealth("retries", integerOrDefault(1, 2_147_483_647)),
  ),
  valued(
    "health-start-period",
    "time in which failures do not count",
    setsHealth("startPeriodMs", readDuration),
  ),
  valued(
    "health-start-interval",
    "time between two checks in the start period",
    setsHealth("startIntervalMs", readDuration),
  ),
  switched("no-healthcheck", "switches the image's health check off", (value, draft) => {
    if (readBoolean(value, draft)) draft.noHealthcheck = wordPosition(value);
    else delete draft.noHealthcheck;
    mark(draft, "healthcheck", value);
  }),
  switched(
    "detach",
    "a container always runs in the background; with Type=oneshot it makes a service of the unit",
    (value, draft) => {
      draft.isDetached = readBoolean(value, draft) === true;
    },
    { short: "d" },
  ),
  dropped(
    "rm",
    "switch",
    "the reconciler keeps the container while it is wanted, and removes it after that",
    (value, draft) => {
      if (readBoolean(value, draft)) draft.autoRemove = wordPosition(value);
      else delete draft.autoRemove;
    },
  ),
  dropped(
    "attach",
    "value",
    "nobody is attached; the Engine keeps the logs",
    (value, draft) => {
      const isStream = /^(?:stdin|stdout|stderr)$/i.test(value.text);
      if (!isStream) refuse(draft, value, `"${value.text}" is not a stream`, "stdin, stdout or stderr");
      draft.attach = wordPosition(value);
    },
    { short: "a" },
  ),
  dropped("sig-proxy", "switch", "there is no docker command that signals could be sent to", readBoolean),
  dropped("detach-keys", "value", "nobody is attached", anyText),
  dropped("quiet", "switch", "the reconciler reports pulls itself", readBoolean, { short: "q" }),
  dropped("disable-content-trust", "switch", "the default of Docker", (value, draft) => {
    if (readBoolean(value, draft) === false)
      refuse(
        draft,
        value,
        "signatures of Docker Content Trust are not verified",
        "pin the image by its digest",
      );
  }),
  dropped("isolation", "value", "on Linux there is only one kind", (value, draft) => {
    if (value.text !== "" && value.text !== "default")
      refuse(draft, value, `isolation "${value.text}" is for Windows`, "remove it");
  }),
  valued("pull", "missing is what the reconciler does; always and never are refused", (value, draft) => {
    if (value.text === "missing" || value.text === "") return;
    const hint = "write an image with a build tag or a digest; it is pulled when it is missing";
    if (value.text !== "always" && value.text !== "never")
      refuse(draft, value, `"${value.text}" is not a pull policy`, hint);
    else
      draft.scope.sink.error(
        wordPosition(value),
        "unsupported-flag",
        `--pull=${value.text} is not supported`,
        hint,
      );
  }),
  valued(
    "annotation",
    "passed on to the OCI runtime",
    pairInto("annotations", { what: "an annotation", nameAlone: true }),
  ),
  valued("cgroup-parent", "parent control group of the container", sets("cgroupParent", anyText)),
];

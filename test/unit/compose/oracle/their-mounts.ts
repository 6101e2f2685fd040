import { asSet } from "./canonical.ts";
import type { ComposeModel, Json } from "./compose-answer.ts";
import type { ComposeCase } from "./oracle-case.ts";

const repository = "/repository/units";

/** Mounts by their target. Files of the repository are told by what they hold: a wrong folder shows. */
export function mountsOf(service: Json, model: ComposeModel, one: ComposeCase): Json {
  const mounts = (service.volumes ?? []).map((mount: Json) => [
    cleanTarget(mount.target),
    mountOf(mount, model, one),
  ]);
  const tmpfs = (service.tmpfs ?? []).map((text: string) => {
    const [target = "", options = ""] = text.split(":");
    return [target, { type: "tmpfs", options: asSet(options.split(",").filter((word) => word !== "")) }];
  });
  return {
    mounts: Object.fromEntries([...mounts, ...tmpfs]),
    volumes_from: asSet(
      (service.volumes_from ?? []).map((text: string) => containerOf(text, model).replace(/:rw$/, "")),
    ),
  };
}

function containerOf(text: string, model: ComposeModel): string {
  if (text.startsWith("container:")) return text.slice("container:".length);
  const [service = "", mode] = text.split(":");
  const name = model.services?.[service]?.container_name ?? `shop-${service}-1`;
  return mode === undefined ? name : `${name}:${mode}`;
}

function cleanTarget(target: string): string {
  return target.replace(/(?<=.)\/+$/, "");
}

function mountOf(mount: Json, model: ComposeModel, one: ComposeCase): Json {
  const { type, source, read_only, bind = {}, volume = {}, tmpfs = {}, image = {} } = mount;
  if (type === "bind" && (source === repository || source.startsWith(`${repository}/`)))
    return { type: "files", files: filesAt(source, one) };
  if (type === "bind")
    return {
      type,
      source,
      read_only,
      ...bind,
      recursive: bind.recursive === "enabled" ? undefined : bind.recursive,
    };
  if (type === "tmpfs") {
    const { size, mode } = tmpfs;
    const options = [
      ...(size === undefined ? [] : [`size=${size}`]),
      ...(mode === undefined ? [] : [`mode=${Number(mode).toString(8)}`]),
    ];
    return { type, options: asSet(options) };
  }
  if (type === "volume") return { type, source: model.volumes?.[source]?.name, read_only, ...volume };
  return { type, source, read_only, ...image };
}

/** Content by path below the one that is mounted. */
function filesAt(source: string, one: ComposeCase): Json {
  const path = source.slice(repository.length + 1);
  const single = one.files[path];
  if (single !== undefined) return { "": single };
  const below = Object.entries(one.files).filter(([name]) => path === "" || name.startsWith(`${path}/`));
  return Object.fromEntries(
    below.map(([name, text]) => [name.slice(path === "" ? 0 : path.length + 1), text]),
  );
}

const folders: Readonly<Record<"configs" | "secrets", string>> = { configs: "/", secrets: "/run/secrets/" };

/** Configs and secrets by their place in the container. */
export function delivered(service: Json, model: ComposeModel, one: ComposeCase): Json {
  const sections = ["configs", "secrets"] as const;
  const files = sections.flatMap((section) =>
    (service[section] ?? []).map((item: Json) => {
      const named = item.target ?? item.source;
      const target = named.startsWith("/") ? named : `${folders[section]}${named}`;
      const mode = Number.parseInt(item.mode ?? "0444", 8);
      return [
        target,
        {
          ...contentOf(model[section]?.[item.source], one),
          mode,
          uid: Number(item.uid ?? 0),
          gid: Number(item.gid ?? 0),
        },
      ];
    }),
  );
  return Object.fromEntries(files);
}

function contentOf(declared: Json, one: ComposeCase): Json {
  const { file, content, environment } = declared;
  if (content !== undefined) return { content };
  if (environment !== undefined) return { content: one.variables[environment] };
  if (file.startsWith(`${repository}/`)) return { content: one.files[file.slice(repository.length + 1)] };
  return { host: file };
}

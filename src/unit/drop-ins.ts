import type { ManifestFile, ManifestTree } from "../model/manifest-tree.ts";
import { baseName } from "../model/repository-files.ts";

const unitsFolder = "units/";
const dropInFile = /^(.*\/)?([^/]+\.(?:service|timer))\.d\/([^/]+\.conf)$/;
/** `service.d`, for all units of the type. */
const typeFolder = /^(?:.*\/)?(?:service|timer)\.d\/[^/]+\.conf$/;

/** Whether a file changes units instead of being one. */
export function isDropIn(path: string): boolean {
  return dropInFile.test(path) || typeFolder.test(path);
}

/**
 * The drop-in folders of a unit, those that win first (systemd.unit(5)): its own, that of its template, those of its
 * name cut off after each dash, and that of its type. The order is systemd's own, measured with version 252.
 *
 * @param unit with suffix, `shop-worker@1.service`
 */
export function dropInFolders(unit: string): readonly string[] {
  const found = new Set<string>();
  collectFolders(unit, found);
  const type = unit.slice(unit.lastIndexOf(".") + 1);
  return [...found, type].map((name) => `${name}.d`);
}

function collectFolders(unit: string, found: Set<string>): void {
  found.add(unit);
  const dot = unit.lastIndexOf(".");
  const suffix = unit.slice(dot);
  const at = unit.indexOf("@");
  const instance = at < 0 ? undefined : unit.slice(at + 1, dot);
  const prefix = at < 0 ? unit.slice(0, dot) : unit.slice(0, at);
  if (instance !== undefined && instance !== "") collectFolders(`${prefix}@${suffix}`, found);
  const dash = prefix.lastIndexOf("-", prefix.endsWith("-") ? prefix.length - 2 : undefined);
  if (dash < 0 || prefix === "-") return;
  const ofInstance = instance === undefined || instance === "" ? "" : `@${instance}`;
  collectFolders(`${prefix.slice(0, dash + 1)}${ofInstance}${suffix}`, found);
}

/** Where the drop-in folders of a unit may lie: beside it, or in `units/` itself; the nearer one wins. */
export function dropInPlaces(unitPath: string): readonly string[] {
  const folder = unitPath.slice(0, unitPath.lastIndexOf("/") + 1);
  return folder === unitsFolder ? [folder] : [folder, unitsFolder];
}

/** The drop-in files of a unit in the order in which they apply: by name, one of each name. */
export function findDropIns(unitPath: string, unit: string, tree: ManifestTree): readonly ManifestFile[] {
  const folders = byFolder(tree);
  const chosen = new Map<string, ManifestFile>();
  for (const name of folders.size === 0 ? [] : dropInFolders(unit)) {
    for (const place of dropInPlaces(unitPath)) {
      for (const file of folders.get(`${place}${name}/`) ?? []) {
        const key = baseName(file.path);
        if (!chosen.has(key)) chosen.set(key, file);
      }
    }
  }
  return [...chosen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
}

/** Every unit of a configuration asks about the same tree. */
const known = new WeakMap<ManifestTree, ReadonlyMap<string, readonly ManifestFile[]>>();

function byFolder(tree: ManifestTree): ReadonlyMap<string, readonly ManifestFile[]> {
  const before = known.get(tree);
  if (before !== undefined) return before;
  const files = [...tree.values()].filter(({ path }) => isDropIn(path));
  const folders = Map.groupBy(files, ({ path }) => path.slice(0, path.lastIndexOf("/") + 1));
  known.set(tree, folders);
  return folders;
}

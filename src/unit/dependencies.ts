import type { Position } from "../lib/diagnostic.ts";
import type { Dependency } from "../model/workload.ts";
import { expandSpecifiers } from "./specifiers.ts";
import { listOf, type UnitFile } from "./unit-file.ts";
import { unitNameOf } from "./unit-name.ts";
import type { UnitScope } from "./unit-scope.ts";
import { splitPlain, type Word, wordPosition } from "./words.ts";

export interface UnitDependencies {
  readonly dependsOn: readonly Dependency[];
  /** Where each is named, under `dependsOn.<key>`, for the linker's findings. */
  readonly positions: Readonly<Record<string, Position>>;
  /** Units that follow this one (`Before=`). */
  readonly followers: readonly Follower[];
}

/** A unit that is started after this one, and where that is said. */
export interface Follower {
  readonly key: string;
  readonly position: Position;
}

type DependencyMeaning = Pick<Dependency, "required" | "restart">;

/** Directives that make this unit depend on another one (systemd.unit(5)); each of them also orders the two. */
const meanings: Readonly<Record<string, DependencyMeaning>> = {
  After: { required: false, restart: false },
  Wants: { required: false, restart: false },
  Upholds: { required: false, restart: false },
  PartOf: { required: false, restart: true },
  Requires: { required: true, restart: false },
  Requisite: { required: true, restart: false },
  RequiresOverridable: { required: true, restart: false },
  RequisiteOverridable: { required: true, restart: false },
  BindsTo: { required: true, restart: true },
  BindTo: { required: true, restart: true },
};

/** Services of the host that units name; one that is also a unit of the configuration is that unit. */
const hostServices =
  /^(?:docker|early-docker|containerd|podman|networking|network.*|NetworkManager.*|systemd-.*|dbus.*|etcd\d?|etcd-member|fleet|flanneld|locksmithd|update-engine|sshd?|rsyslog|firewalld|iptables|ip6tables|nftables|ufw|ntpd?|ntpsec|chronyd?|rpcbind|rpc-.*|nfs-.*|iscsid|multipathd|lvm2-.*|zfs-.*|autofs|cloud-.*|tailscaled|wg-quick@.*|openvpn.*|getty@.*|rc-local|local-fs|remote-fs)$/;

const unitSuffix = /\.(?:service|socket|target|device|mount|automount|swap|timer|path|slice|scope)$/;

/**
 * Other units this one needs or follows. Targets, sockets, mounts and services of the host are the host's business and
 * are left out; whether the others exist is for the linker to say.
 */
export function readDependencies(file: UnitFile, scope: UnitScope): UnitDependencies {
  const found = new Map<string, Dependency>();
  const positions: Record<string, Position> = {};
  for (const [directive, meaning] of Object.entries(meanings)) {
    for (const { key, word } of unitsOf(directive, file, scope)) {
      positions[`dependsOn.${key}`] ??= wordPosition(word);
      const before = found.get(key);
      found.set(key, {
        workload: key,
        condition: "started",
        required: meaning.required || before?.required === true,
        restart: meaning.restart || before?.restart === true,
      });
    }
  }
  reportConflicts(file, scope);
  const followers = unitsOf("Before", file, scope).map(({ key, word }) => ({
    key,
    position: wordPosition(word),
  }));
  const dependsOn = [...found.values()].sort((a, b) => (a.workload < b.workload ? -1 : 1));
  return { dependsOn, positions, followers };
}

/** What systemd would stop, which nothing here does. */
function reportConflicts(file: UnitFile, scope: UnitScope): void {
  for (const { key, word } of unitsOf("Conflicts", file, scope)) {
    const hint = "leave out the unit that must not run; all units of a configuration run together";
    scope.sink.error(
      wordPosition(word),
      "unsupported-directive",
      `Conflicts=${key}.service is not supported`,
      hint,
    );
  }
}

interface NamedUnit {
  readonly key: string;
  readonly word: Word;
}

function unitsOf(directive: string, file: UnitFile, scope: UnitScope): NamedUnit[] {
  return namedServices(directive, file, scope).filter(({ key, word }) => {
    if (key !== scope.name.key) return true;
    const message = `${directive}= names the unit itself`;
    scope.sink.error(wordPosition(word), "self-dependency", message, "remove it");
    return false;
  });
}

/** The services that a directive of [Unit] names, without those of the host. */
export function namedServices(directive: string, file: UnitFile, scope: UnitScope): NamedUnit[] {
  return listOf(file, "Unit", directive).flatMap((item) =>
    splitPlain(item.value).flatMap((written) => {
      const word = expandSpecifiers(written, scope);
      if (!unitSuffix.test(word.text)) {
        const hint = `write ${word.text}.service`;
        scope.sink.error(wordPosition(word), "invalid-unit-name", `"${word.text}" is not a unit name`, hint);
        return [];
      }
      if (!word.text.endsWith(".service")) return [];
      const key = word.text.slice(0, -".service".length);
      return hostServices.test(key) && !isInConfiguration(key, scope) ? [] : [{ key, word }];
    }),
  );
}

function isInConfiguration(key: string, { path, context }: UnitScope): boolean {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const { prefix, instance } = unitNameOf(`${key}.service`);
  const names = instance === undefined ? [key] : [key, `${prefix}@`];
  return names.some((name) => context.tree.has(`${folder}${name}.service`));
}

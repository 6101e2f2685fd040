import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import {
  committedSource,
  isOwn,
  openRepositoryOf,
  openSource,
  sourceKinds,
  type Warn,
} from "./app-sources.ts";
import type { App, DaemonProcess, GlobalFlags, TextFiles } from "./cli/runtime.ts";
import { systemClock } from "./clock.ts";
import { processEnvironment, type Settings } from "./settings.ts";

/** Wires ports to adapters. Adapters are loaded when they are needed, to keep the start of small commands short. */
export async function createApp(flags: GlobalFlags, settings: Settings, warn: Warn): Promise<App> {
  const environment = flags.environment ?? settings.environment;
  // What was baked into the image that runs says nothing about a configuration from elsewhere.
  const branch = flags.branch ?? (isOwn(flags) ? settings.baked.branch : undefined);
  const connect = async (signal: AbortSignal) => {
    // The Docker client parses tcp:// addresses with a deprecated function; the warning would land among the progress.
    process.noDeprecation = true;
    const { connectEngine } = await import("./docker/engine-backend.ts");
    return connectEngine(settings.docker, signal);
  };
  return {
    source: await openSource(flags, settings, connect, warn),
    inputs: {
      ...(environment === undefined ? {} : { environment }),
      ...(branch === undefined ? {} : { branch }),
      ...(flags.target === undefined ? {} : { target: flags.target }),
      variables: settings.variables,
      mountedValues: settings.mountedValues,
      secrets: settings.secrets,
    },
    async resolveSide(text, place, signal) {
      const { findSource } = await import("./cli/find-source.ts");
      return findSource(text, await sourceKinds(flags, settings, connect, warn), place, signal);
    },
    committed: () => committedSource(flags, settings),
    actor: settings.actor,
    credentials: settings.git.token === undefined ? [] : [settings.git.token],
    clock: systemClock,
    newTxn: () => randomBytes(4).toString("hex"),
    connect,
    bootedAt() {
      const isLocal = settings.docker.host?.startsWith("unix://") ?? true;
      return isLocal ? new Date(Date.now() - uptime() * 1000).toISOString() : undefined;
    },
    async registry(signal) {
      const { openImageRegistry } = await import("./registry/open-registry.ts");
      const { configDir } = settings.docker;
      const configPath = configDir === undefined ? {} : { configPath: join(configDir, "config.json") };
      return openImageRegistry({ clock: systemClock, ...settings.registry, ...configPath }, signal);
    },
    async runCheck(words, variables, signal) {
      const { runCheck } = await import("./run-check.ts");
      return runCheck(words, { ...processEnvironment(), ...variables }, signal);
    },
    async engineLost() {
      const { findStaleSocket } = await import("./docker/stale-socket.ts");
      return findStaleSocket(settings.docker);
    },
    repository: (signal) => openRepositoryOf(flags, settings, signal),
    async offlinePreview() {
      const { offlinePreview } = await import("./docker/preview.ts");
      return offlinePreview();
    },
  };
}

/** Files that are named on the command line. */
export const textFiles: TextFiles = {
  read: (path) => readFile(path, "utf8"),
  readBytes: (path) => readFile(path),
  write: (path, text) => writeFile(path, text, { mode: 0o600 }),
};

/** What a program that stays up knows about its process. */
export const daemonProcess: DaemonProcess = {
  clock: systemClock,
  random: Math.random,
  usage() {
    const { rss, heapUsed } = process.memoryUsage();
    return { residentBytes: rss, heapBytes: heapUsed, activeTimers: activeTimers(), ...openFiles() };
  },
  get isWatched() {
    return process.stdout.isTTY === true;
  },
};

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}

/** Only Linux tells. */
function openFiles(): { openFiles?: number } {
  try {
    return { openFiles: readdirSync("/proc/self/fd").length };
  } catch {
    return {};
  }
}

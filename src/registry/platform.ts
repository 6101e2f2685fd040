/** Platforms of images: `os/architecture[/variant]`. Pure. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

export function parsePlatform(text: string): Platform {
  const [os = "", architecture = "", variant] = text.toLowerCase().split("/");
  return { os, architecture, variant };
}

/** One text for each platform: the variants that every image of an architecture has anyway are left out. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  const isImplied = variant === undefined || variant === "" || implied[architecture] === variant;
  return [os, architecture, ...(isImplied ? [] : [variant])].join("/");
}

const implied: Readonly<Record<string, string>> = { amd64: "v1", arm64: "v8", arm: "v7" };

/** The first entry for the platform; when it names no variant, otherwise the first for any variant of it. */
export function pickPlatform<T extends { readonly platform?: Platform | undefined }>(
  entries: readonly T[],
  wanted: Platform,
): T | undefined {
  const text = formatPlatform(wanted);
  const exact = entries.find(({ platform }) => platform !== undefined && formatPlatform(platform) === text);
  if (exact !== undefined || wanted.variant !== undefined) return exact;
  return entries.find(
    ({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture,
  );
}

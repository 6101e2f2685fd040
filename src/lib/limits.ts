/** One bound of what is read. */
interface Limit {
  readonly most: number;
  /** What there may be so much of; the number goes before it. */
  readonly doc: string;
}

const kibi = 1024;
const mebi = 1024 * 1024;

/**
 * How much of anything is read, so that no repository can make a run hang or grow without bound. What is beyond is refused
 * at its place. They are far above what people write; the documentation is generated from this table.
 */
export const limits = {
  repositoryFile: { most: 8 * mebi, doc: "bytes of one file of a configuration folder or image" },
  committedFile: { most: mebi, doc: "bytes of one file of a Git repository" },
  repositoryBytes: { most: 64 * mebi, doc: "bytes of all files of a configuration" },
  repositoryFiles: { most: 50_000, doc: "files of a configuration folder or image" },
  committedFiles: { most: 20_000, doc: "files of a Git repository" },
  folderDepth: { most: 32, doc: "folders inside of one another" },
  text: {
    most: mebi,
    doc: "characters of one unit, drop-in, compose file, environment file or of the settings",
  },
  unitLines: { most: 10_000, doc: "assignments and sections of a unit with its drop-ins" },
  unitValue: { most: 256 * kibi, doc: "characters of one value of a unit, its continued lines joined" },
  runWords: { most: 5_000, doc: "words of one docker run line" },
  settingsEntries: { most: 1_000, doc: "environments, and policies of tags, in the settings" },
  broughtIn: {
    most: 4 * mebi,
    doc: "characters that variables, specifiers, substitutions and files bring into one unit",
  },
  yamlValues: { most: 100_000, doc: "values of one YAML document, those of aliases counted each time" },
  yamlDepth: { most: 200, doc: "lists and mappings inside of one another" },
  stackFiles: { most: 500, doc: "files that one stack includes or extends" },
  extendsDepth: { most: 100, doc: "services that extend one another in a row" },
  interpolationDepth: { most: 20, doc: "${…} inside of one another" },
  template: { most: 256 * kibi, doc: "characters of one template" },
  templateDepth: { most: 64, doc: "blocks of a template inside of one another" },
  templateBranches: { most: 500, doc: "{{else}} of a template" },
  templateExpressions: { most: 64, doc: "parentheses in one expression of a template" },
  partialDepth: { most: 32, doc: "partials inside of one another" },
  renderedText: { most: mebi, doc: "characters of what a template renders to" },
  templateSteps: { most: 200_000, doc: "statements that one template runs" },
  findings: { most: 1_000, doc: "mistakes, and as many warnings, that are told of one unit or stack" },
} as const satisfies Readonly<Record<string, Limit>>;

/** `1 MiB`, `256 KiB`, `10,000`. */
export function formatLimit(name: keyof typeof limits): string {
  const { most } = limits[name];
  if (most % mebi === 0) return `${most / mebi} MiB`;
  return most % kibi === 0 ? `${most / kibi} KiB` : most.toLocaleString("en");
}

import { interpolateText } from "../compose/interpolate.ts";
import { mergeTags } from "../compose/merge-nodes.ts";
import { type Diagnostic, DiagnosticSink } from "../lib/diagnostic.ts";
import { TextPlaces, type TextRange } from "../lib/text-places.ts";
import { parseYaml, type YamlEntry } from "../lib/yaml.ts";
import { entryOf } from "../lib/yaml-read.ts";
import { type YamlPlace, YamlSource } from "../lib/yaml-source.ts";
import {
  formatTail,
  invalidObstacle,
  type ManifestImage,
  type Obstacle,
  readReference,
  variableObstacle,
} from "./image-site.ts";

export interface ManifestImages {
  readonly images: readonly ManifestImage[];
  /** Why images of the manifest may be missing from the list. */
  readonly diagnostics: readonly Diagnostic[];
}

interface ComposeFile {
  /** The file as rendered. */
  readonly path: string;
  readonly text: string;
  readonly stack: string;
  readonly variables: ReadonlyMap<string, string>;
}

interface ComposeReading extends ComposeFile {
  readonly source: YamlSource;
  readonly textPlaces: TextPlaces;
}

/**
 * The image of every service of a compose file (Compose specification, "image"), with the place of its tag.
 */
export function findComposeImages(file: ComposeFile): ManifestImages {
  const { root, mistakes } = parseYaml(file.text, file.path, Object.values(mergeTags));
  const sink = new DiagnosticSink();
  for (const { position, message } of mistakes) sink.error(position, "yaml", message);
  const { diagnostics } = sink;
  const services = root?.kind === "map" ? entryOf(root, "services")?.value : undefined;
  if (mistakes.length > 0 || services?.kind !== "map") return { images: [], diagnostics };
  const reading = { ...file, source: new YamlSource(file.text), textPlaces: new TextPlaces(file.text) };
  const images = services.entries.flatMap((service) => findServiceImage(service, reading));
  return { images, diagnostics };
}

function findServiceImage({ key: service, value }: YamlEntry, file: ComposeReading): ManifestImage[] {
  const node = value.kind === "map" ? entryOf(value, "image")?.value : undefined;
  if (node?.kind !== "scalar" || node.value === null) return [];
  const yamlPath = ["services", service, "image"];
  const place = file.source.find(yamlPath);
  const { text: reference, mistakes } = interpolateText(node.text, file.variables);
  const key = `${file.stack}/${service}`;
  const start = file.textPlaces.offsetOf(node.position);
  const range = place.kind === "missing" ? { start, end: start } : place.range;
  const sharedAnchors = place.kind === "scalar" ? place.sharedAnchors : [];
  const image = { key, label: key, reference, range, yamlPath, sharedAnchors };
  const found =
    mistakes.length > 0 ? variableObstacle(node.text) : locateTail(node.text, reference, place, file.text);
  return ["code" in found ? { ...image, places: [], obstacle: found } : { ...image, places: [found] }];
}

/**
 * The range of the tag and digest behind the image's name, inside the scalar.
 *
 * @param written the scalar's value before interpolation
 */
function locateTail(
  written: string,
  reference: string,
  place: YamlPlace,
  text: string,
): TextRange | Obstacle {
  if (place.kind === "shared") return sharedObstacle(place.anchors);
  const { name, tail: found } = readReference(reference);
  if (name === undefined) return invalidObstacle(reference);
  const tail = formatTail(found);
  const isVariable = tail === "" && /[$}][^/]*$/.test(written);
  if (isVariable || !written.endsWith(tail)) return variableObstacle(written);
  if (place.kind === "missing") return escapedObstacle;
  const start = text.slice(place.range.start, place.range.end).lastIndexOf(written);
  if (start < 0) return escapedObstacle;
  const end = place.range.start + start + written.length;
  return { start: end - tail.length, end };
}

function sharedObstacle(anchors: readonly string[]): Obstacle {
  const names = anchors.map((anchor) => `"${anchor}"`).join(" or ");
  return {
    code: "shared-image",
    message: `the image comes from the anchor ${names}, so that editing it would change others too`,
    hint: "write the image into the service itself, or edit the anchor by hand",
  };
}

const escapedObstacle: Obstacle = {
  code: "unusual-image",
  message: "the image is not written in one piece",
  hint: "write it on one line without escapes: image: myrepo/web:58-develop",
};

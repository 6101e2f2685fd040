import { accepted, type HookAdapter, json, nothing } from "./adapter.ts";
import { textAt } from "./json.ts";
import { imageMark, readImages } from "./marks.ts";

/**
 * https://docs.docker.com/docker-hub/repos/manage/webhooks: nothing is signed, the path alone is the proof, and it has
 * been compared before this is asked. `callback_url` is not called: it is an address that the sender chose.
 */
export const dockerHub: HookAdapter = {
  contentTypes: [json],
  verify: () => accepted,
  read: (body) => {
    const [name, tag] = [textAt(body, "repository", "repo_name"), textAt(body, "push_data", "tag")];
    return tag === undefined ? nothing("no tag of an image") : readImages([imageMark(name, tag)]);
  },
};

/** Result of ordering a graph: every node after those it needs, or one cycle as a path that ends where it began. */
export type TopologicalOrder = { readonly order: readonly string[] } | { readonly cycle: readonly string[] };

/**
 * Orders nodes so that each comes after its needs; ties keep the order of `nodes`. Needs that are not nodes are ignored.
 */
export function topologicalOrder(
  nodes: readonly string[],
  needsOf: (node: string) => readonly string[],
): TopologicalOrder {
  const known = new Set(nodes);
  const state = new Map<string, "open" | "done">();
  const order: string[] = [];
  for (const root of nodes) {
    if (state.has(root)) continue;
    const path: { node: string; needs: readonly string[]; next: number }[] = [];
    const open = (node: string) => {
      state.set(node, "open");
      path.push({ node, needs: needsOf(node), next: 0 });
    };
    open(root);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const need = top.needs[top.next++];
      if (need === undefined) {
        state.set(top.node, "done");
        order.push(top.node);
        path.pop();
      } else if (known.has(need) && state.get(need) === "open") {
        const names = path.map((entry) => entry.node);
        return { cycle: [...names.slice(names.indexOf(need)), need] };
      } else if (known.has(need) && !state.has(need)) {
        open(need);
      }
    }
  }
  return { order };
}

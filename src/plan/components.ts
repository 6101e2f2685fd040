/**
 * Strongly connected components of a graph (Tarjan, with a stack of its own, so that long chains do not overflow the
 * call stack). Nodes are numbers from 0; components come in the order in which the search closes them.
 */
export function stronglyConnected(edges: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const order = new Array<number>(edges.length).fill(-1);
  const low = new Array<number>(edges.length).fill(0);
  const isOpen = new Array<boolean>(edges.length).fill(false);
  const open: number[] = [];
  const components: number[][] = [];
  let visited = 0;
  const enter = (node: number) => {
    order[node] = visited;
    low[node] = visited;
    visited++;
    open.push(node);
    isOpen[node] = true;
  };
  const lower = (node: number, value: number) => {
    low[node] = Math.min(low[node] ?? 0, value);
  };
  for (let root = 0; root < edges.length; root++) {
    if (order[root] !== -1) continue;
    const path: { node: number; next: number }[] = [{ node: root, next: 0 }];
    enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = edges[top.node]?.[top.next++];
      if (target !== undefined) {
        if (order[target] === -1) {
          enter(target);
          path.push({ node: target, next: 0 });
        } else if (isOpen[target]) lower(top.node, order[target] ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) lower(parent.node, low[top.node] ?? 0);
      if (low[top.node] !== order[top.node]) continue;
      const component = open.splice(open.lastIndexOf(top.node));
      for (const node of component) isOpen[node] = false;
      components.push(component.sort((a, b) => a - b));
    }
  }
  return components;
}

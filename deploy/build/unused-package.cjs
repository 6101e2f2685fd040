/** Stands in for packages that the bundle leaves out; using one says so instead of failing somewhere else. */
const refuse = (name) =>
  function unused() {
    throw new Error(`this build leaves out the package that provides "${name}"`);
  };

module.exports = new Proxy(
  {},
  {
    get(_target, name) {
      if (name === "__esModule" || name === "default" || typeof name === "symbol") return undefined;
      return refuse(name);
    },
  },
);

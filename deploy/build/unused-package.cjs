/** Stands in for packages that the bundle leaves out; touching one says so instead of failing somewhere else. */
module.exports = new Proxy(
  {},
  {
    get(_target, name) {
      if (name === "__esModule" || name === "default" || typeof name === "symbol") return undefined;
      throw new Error(`this build leaves out the package that provides "${String(name)}"`);
    },
  },
);

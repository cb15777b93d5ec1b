// npm runs this script when it packs the repository itself, as `npm install git+https://…` does (then npm_package_resolved is set), and
// in a clone if install scripts are enabled, where there is nothing to do.
if (process.env.npm_package_resolved !== undefined) {
  console.error(
    'fastify-instance-events cannot be installed from its repository: the package has to be built. ' +
      'Install a release, or run `npm ci && npm run pack` in a clone and install the tarball.'
  )
  process.exitCode = 1
}

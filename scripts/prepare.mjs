// npm runs it when it packs this folder as it is, as for `npm install git+https://…` (it says then where the folder is), and in a
// clone when install scripts are switched on: nothing is to be done there.
if (process.env.npm_package_resolved !== undefined) {
  console.error(
    'fastify-instance-events cannot be installed from its repository: the package has to be built. ' +
      'Install a release, or run `npm ci && npm run pack` in a clone and install the tarball.'
  )
  process.exitCode = 1
}

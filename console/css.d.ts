/** Style sheets, which the build bundles. They have no exports. */
declare module '*.css'

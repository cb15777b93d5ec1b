/** The build gathers them; nothing is imported by name. */
declare module '*.css'

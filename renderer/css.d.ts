/** Style sheets and fonts that are imported for their effect. */
declare module '@fontsource-variable/*';

/** The languages that have colours, by all names that models write at a fence. Others stay plain, and no grammar is loaded for them. */
export const LANGUAGES: ReadonlySet<string> = new Set(
  [
    'bash sh zsh shell console shellsession powershell pwsh ps ps1 dockerfile docker makefile make mk mak',
    'c h cpp c++ cc cxx hpp hh h++ hxx csharp cs c# go golang rust rs java kotlin kt kts swift php',
    'javascript js jsx mjs cjs typescript ts tsx mts cts python py gyp ipython ruby rb gemspec lua pluto r',
    'html xhtml xml svg rss atom xsl plist css scss less json jsonc json5 yaml yml ini toml sql diff patch markdown md',
  ]
    .join(' ')
    .split(' '),
);

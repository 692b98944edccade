/** A call of a logger's method: `log.warn(…)`, `this.log.warn(…)`, `runtime.log.warn(…)`. */
const LOG_CALL =
  'CallExpression[callee.property.name=/^(trace|debug|info|warn|error|fatal)$/]:matches([callee.object.name="log"], [callee.object.property.name="log"])';
const INJECTABLE =
  'ClassDeclaration[superClass=null]:has(> Decorator[expression.callee.name=/^(Injectable|Controller)$/]) > ClassBody';

/**
 * The one style where there are several, as entries of `no-restricted-syntax`.
 *
 * @type {readonly { selector: string, message: string }[]}
 */
export const STYLE = [
  {
    selector: 'PrivateIdentifier',
    message: 'A private member is declared `private`, as injected ones are.',
  },
  {
    selector: 'ImportDeclaration[source.value="@nestjs/common"] > ImportSpecifier[imported.name="Logger"]',
    message: 'A service logs with `runtime.logger(part)`, the transport with `connections.logger(part)`.',
  },
  {
    selector: ':matches(PropertyDefinition[key.name="logger"], VariableDeclarator[id.name="logger"])',
    message: 'A logger is called `log`.',
  },
  {
    selector: 'CallExpression[callee.property.name="logger"] > Literal:not([value=/^[a-z][a-z0-9-]*$/])',
    message: 'The part that a logger names is written in kebab-case.',
  },
  {
    selector: `${LOG_CALL} > ObjectExpression:first-child > Property > .key:not([name=/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/])`,
    message: 'Fields of a log line are written in snake_case.',
  },
  {
    selector: `${LOG_CALL} > ObjectExpression:first-child > Property > .key[name=/^(run|chat|file|user|error)$/]`,
    message: 'A field that holds an id says so: `run_id`. An error is `err`.',
  },
  {
    selector: 'PropertyDefinition > Decorator[expression.callee.name="Inject"]',
    message: 'Dependencies are injected into the constructor.',
  },
  {
    selector: 'TSParameterProperty:matches([readonly=false], [accessibility="public"])',
    message: 'A parameter that is a property is `readonly`, `private readonly` or `protected readonly`.',
  },
  {
    selector: `${INJECTABLE}:not(:has(> MethodDefinition[kind!="constructor"]))`,
    message: 'A class that only carries dependencies hides them: inject each where it is used.',
  },
  {
    selector: `${INJECTABLE} > MethodDefinition[kind="constructor"] > FunctionExpression > TSParameterProperty:not([accessibility])`,
    message: 'A dependency is `private readonly`: whoever else needs it has it injected.',
  },
];

const WORDS = 'A text that people read has an id in a catalogue: one of the folders `messages` of apps/web/src.';

/**
 * Words in the components of the page, as entries of `no-restricted-syntax`. The name of the product is the same in all languages.
 *
 * @type {readonly { selector: string, message: string }[]}
 */
export const NO_WORDS = [
  'JSXText[value=/\\p{L}{2}/u]:not([value=/^\\s*Perennial\\s*$/])',
  'JSXAttribute[name.name=/^(aria-label|alt|placeholder|label|title|hint)$/] > Literal[value=/\\p{L}{2}/u]',
  'JSXAttribute > Literal[value=/^\\p{Lu}/u]',
  'Property[key.name=/^(name|label|text|title|words|hint)$/] > Literal[value=/^\\p{Lu}\\p{Ll}/u]',
  // A sentence. Programmers may be told in English that they called something in the wrong place.
  'Literal[value=/^\\p{Lu}\\p{Ll}*[,:]? \\p{L}/u]:not([value=/ is called outside of /])',
  'ConditionalExpression > Literal[value=/^\\p{Lu}\\p{Ll}{2}/u]',
  'JSXExpressionContainer > Literal[value=/\\p{L}{2}/u]:not(JSXAttribute *)',
  'TemplateElement[value.raw=/^\\p{Lu}\\p{Ll}+ |\\p{Ll}{2} \\p{Ll}{2}/u]',
].map((selector) => ({ selector, message: WORDS }));

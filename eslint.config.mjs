import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import importSort from 'eslint-plugin-simple-import-sort';
import tseslint from 'typescript-eslint';
import { boundaries } from './tools/build/src/boundaries.mjs';
import { NO_WORDS, STYLE } from './tools/build/src/style.mjs';

const TYPESCRIPT = ['**/*.ts', '**/*.tsx', '**/*.mts'];
const TESTS = [
  '**/*.spec.ts',
  '**/*.spec.tsx',
  '**/*.e2e.ts',
  '**/*.deploy.ts',
  '**/*.long.ts',
  '**/test/**/*.ts',
  '**/testing.ts',
];

/** Libraries that one folder of the page's parts wraps, so that each can be replaced in one place. */
const WRAPPED = ['marked', 'remend', 'katex', 'katex/*', 'highlight.js', 'highlight.js/*', 'react-markdown'];

const environmentIsReadOnce = {
  selector:
    ":not(CallExpression[callee.name=/^(?:parse|read)Env$/]) > MemberExpression[object.name='process'][property.name='env']",
  message: 'Only an environment schema reads process.env, once at start (parseEnv or readEnv of @perennial/runtime).',
};

const migrationsHaveFiles = {
  selector: "ArrayExpression > CallExpression[callee.name='defineMigration']",
  message: 'Each migration has a file of its own, named by its time: apps/SERVICE/src/migrations/TIME-NAME.ts.',
};

const waitsAreCleanedUp = {
  selector: "CallExpression[callee.object.name='Promise'][callee.property.name='race']",
  message:
    'Wait with raceAbort, withTimeout or waitAtMost of @perennial/runtime: they leave no timer and no listener behind.',
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/.dev/**',
      '**/node_modules/**',
      '**/coverage/**',
      '**/.nx/**',
      '**/.perennial/**',
      '**/*.timestamp-*',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
  {
    // One block: side effects, Node, packages, parents, siblings. `eslint --fix` sorts it.
    plugins: { 'import-sort': importSort },
    rules: {
      'import-sort/imports': ['error', { groups: [['^\\u0000', '^node:', '^@?\\w', '^\\.\\.', '^\\.']] }],
    },
  },
  { files: TYPESCRIPT, extends: [...tseslint.configs.recommended] },
  {
    files: TYPESCRIPT,
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(),
      'no-restricted-syntax': ['error', ...STYLE],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      // A variable that a callback reads before its one assignment cannot be a constant.
      'prefer-const': ['error', { ignoreReadBeforeAssign: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@nestjs/common',
              importNames: ['forwardRef'],
              message: 'A cycle of providers is mended, not deferred.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['apps/**/*.ts', 'apps/**/*.tsx', 'libs/**/*.ts', 'libs/**/*.tsx'],
    ignores: [...TESTS, 'libs/runtime/**', 'libs/testing/**', '**/*.config.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...STYLE, environmentIsReadOnce, waitsAreCleanedUp, migrationsHaveFiles],
    },
  },
  {
    files: ['apps/web/**/*.ts', 'apps/web/**/*.tsx', 'libs/web/**/*.ts', 'libs/web/**/*.tsx'],
    ignores: ['libs/web/ui/src/markdown/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: WRAPPED, message: 'Markdown is shown by @perennial/web-ui/markdown.' }] },
      ],
    },
  },
  {
    files: ['apps/web/src/**/*.ts', 'apps/web/src/**/*.tsx'],
    ignores: [...TESTS, 'apps/web/src/**/messages/**/*.ts', 'apps/web/src/boot/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...STYLE, environmentIsReadOnce, waitsAreCleanedUp, ...NO_WORDS] },
  },
  { files: TESTS, rules: { '@nx/enforce-module-boundaries': boundaries({ also: ['type:testing', 'type:tool'] }) } },
  { files: ['**/*.config.ts'], rules: { '@nx/enforce-module-boundaries': boundaries({ also: ['type:tool'] }) } },
  prettier,
);

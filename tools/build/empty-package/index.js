// An empty module of CommonJS: `require` and `import` both give an object without anything.

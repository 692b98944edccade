/** Whether the long form of the deployment tests runs (`npm run deploy:test -- --long`). CI runs the short form, without `*.long.ts`. */
export const longForm = process.env['DEPLOY_TEST_LONG'] === '1';

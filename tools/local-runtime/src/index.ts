export { fail, json, readBody, RequestError } from './http';
export { fetchPackages, packagesReady, type RuntimePackages } from './packages';
export { Unavailable, type FetchOptions, type FetchProgress } from './progress';
export { CommandError, run, type RunOptions } from './run';
export { unzipOne } from './unzip';
export { exists, fetchFromWheel, type Wheel, type WheelFile } from './wheel';

export { createLocalDriver } from './local-driver.ts';

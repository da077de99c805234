export { createDummyDriver } from './dummy-driver.ts';

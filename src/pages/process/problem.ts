// Why something can't be read, in words for the user.

/** The file's fault, or its limit; `message` completes a sentence that begins with the file's name. */
export class ReadProblem extends Error {
  override readonly name = 'ReadProblem';
}

/** A package that is optional is not there. */
export class MissingPackage extends Error {
  override readonly name = 'MissingPackage';

  constructor(packageName: string, cause: unknown) {
    super(`can't be read without the package ${packageName}: run npm install`, { cause });
  }
}

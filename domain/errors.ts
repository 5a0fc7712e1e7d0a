/** What a caller cannot go on from. `code` is stable and meant for programs, `message` for people. */
export class AppError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
  }
}

/** A value from outside that does not fit: says what and where. */
export class InvalidInputError extends AppError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('invalid_input', message, options);
    this.name = 'InvalidInputError';
  }
}

/** Something that was named does not exist. */
export class NotFoundError extends AppError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('not_found', message, options);
    this.name = 'NotFoundError';
  }
}

/** The thing is in a state in which this cannot be done. */
export class ConflictError extends AppError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('conflict', message, options);
    this.name = 'ConflictError';
  }
}

/** What an AgentFailure is called in Temporal's histories. */
export const AGENT_FAILURE = 'AgentFailure';

/**
 * One agent's shopping day cannot be lived: a malformed persona, a policy that throws or answers nonsense.
 * Counts towards quarantine; infrastructure failures never do.
 */
export class AgentFailure extends AppError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('agent_failure', message, options);
    this.name = 'AgentFailure';
  }
}

/** A shopping day that is settled already: an answer that comes now is too late. Trying again changes nothing. */
export class DaySettledError extends AgentFailure {
  constructor(message: string) {
    super(message);
    this.name = 'DaySettledError';
  }
}

/**
 * Something outside did not answer and may answer later, such as a model that a policy asks: the work is tried again
 * and nobody is blamed. Not an AppError, since it is not final.
 */
export class TransientError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TransientError';
  }
}

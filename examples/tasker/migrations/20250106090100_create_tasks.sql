-- One row for each accepted task. The states and the steps between them are
-- those of tasker_shared::task::TaskState.
CREATE TABLE tasks (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    kind       text        NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,63}$'),
    input      jsonb       NOT NULL,
    state      text        NOT NULL DEFAULT 'queued'
                           CHECK (state IN ('queued', 'running', 'completed', 'failed')),
    attempts   integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Tasks that still need work; finished ones soon outnumber them by far.
CREATE INDEX tasks_unfinished_idx ON tasks (updated_at) WHERE state IN ('queued', 'running');

-- What became of a finished task: an output or an error, never both.
CREATE TABLE task_results (
    task_id     uuid        PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
    output      jsonb,
    error       text,
    finished_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((output IS NULL) <> (error IS NULL))
);

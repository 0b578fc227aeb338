-- The queue between orchestration and the workers. pgmq.create leaves an
-- existing queue alone.
SELECT pgmq.create('tasker_tasks');

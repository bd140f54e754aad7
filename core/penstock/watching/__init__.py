"""Watching folders: `penstock watch` reads each file once it is complete.

::

    notices ──paths──▶ WaitingGroups ──groups──▶ WatchRun ──an ordinary run──▶ Outcome ──▶ Actions
    (inotify, poll)    (until whole)             (on a thread)

A *group* is the file, or the folder of files, that becomes one document. A group is read when it is whole: it
stays the same for the quiet time, no process has it open for writing, and its marker file is there if the
pipeline names one. The run over a batch of groups is the same as that of `penstock run`, with sources that
yield only these documents. So the journal knows what is done, and a watch that is killed loses nothing: the
next one looks at all files again, and known pages cost no recognition.

=========================  ===================================================================
thread                     owns
=========================  ===================================================================
the loop (`Watch.run`)     all pipelines, waiting files, counters
penstock-notices           the watches of the system; tells the loop which paths changed
penstock-watch-NAME        one run of a pipeline
=========================  ===================================================================

Threads talk to the loop by messages in one inbox. The loop sleeps until a message comes or a file is due, so
a watch without changes does not wake up, except to poll.
"""

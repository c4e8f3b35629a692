"""Results of other harnesses, made into the run directories that HELM would have written.

One module per harness reads its files into ``ImportedRun``; ``run_files`` makes HELM's files of it.
What is read is a stranger's: each fault is an error that names the file and the place in it.
"""

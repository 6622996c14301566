/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"

#include "cluster/process.h"

#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const double gigabyte = 1073741824.0;

/* What the default workflow takes, and some room. */
static const double least_memory = 1.0;
static const double least_disk = 1.0;

/* --- cores and threads --- */

/* Cores that a container may use by its quota; 0: as many as there are. */
static double quota(void) {
  double allowed = 0.0;
  double period = 0.0;
  FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
  const bool has_quota = file != NULL && fscanf(file, "%lf %lf", &allowed, &period) == 2 && period > 0.0;
  if (file != NULL) {
    (void)fclose(file);
  }
  return has_quota ? allowed / period : 0.0;
}

static bool is_set(const char *name, const char *value) {
  const char *found = getenv(name);
  return found != NULL && strcasecmp(found, value) == 0;
}

static void check_threads(fcast_findings *findings) {
  const int n_cores = omp_get_num_procs();
  const int n_threads = omp_get_max_threads();
  const double allowed = quota();
  const char *advice = "";
  if (n_threads > n_cores) {
    advice = "more threads than cores are slower than as many: unset OMP_NUM_THREADS, or set it lower";
  } else if (n_threads < n_cores) {
    advice = "OMP_NUM_THREADS leaves cores idle; as meant on a machine that is shared";
  } else if (allowed > 0.0 && (double)n_threads > ceil(allowed)) {
    advice = "the container may use fewer cores than it sees: set OMP_NUM_THREADS to what it may";
  } else if (is_set("OMP_WAIT_POLICY", "active")) {
    advice = "OMP_WAIT_POLICY=active keeps waiting threads spinning; passive is faster where others compute too";
  } else if (is_set("OMP_PROC_BIND", "true") || is_set("OMP_PROC_BIND", "close") || is_set("OMP_PROC_BIND", "master")) {
    advice = "OMP_PROC_BIND pins the threads that wait for the disk beside those that compute: unset it";
  } else if (is_set("OMP_DYNAMIC", "true")) {
    advice = "OMP_DYNAMIC=true may give fewer threads than there are cores: unset it";
  }
  fcast_findings_add(findings, "threads", advice[0] != '\0' ? FCAST_HEALTH_NOTE : FCAST_HEALTH_OK, advice,
                     allowed > 0.0 ? "%d cores, %d OpenMP threads, a quota of %.3g cores"
                                   : "%d cores, %d OpenMP threads",
                     n_cores, n_threads, allowed);
}

/* --- room --- */

static void check_memory(fcast_findings *findings) {
  const double all = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / gigabyte;
  fcast_findings_add(findings, "memory", all < least_memory ? FCAST_HEALTH_NOTE : FCAST_HEALTH_OK,
                     "training may not fit: keep ensemble.n_train and density.nx small, or train on the cluster",
                     "%.1f GB", all);
}

static void check_directory(fcast_findings *findings) {
  struct statvfs disk;
  char path[] = "./.flockcast-doctor-XXXXXX";
  const int file = mkstemp(path);
  const bool can_write = file >= 0;
  if (can_write) {
    (void)close(file);
    (void)unlink(path);
  }
  fcast_findings_add(findings, "current_directory", can_write ? FCAST_HEALTH_OK : FCAST_HEALTH_MISSING,
                     "nothing can be written here: go to a directory of your own", "%s",
                     can_write ? "can be written" : "cannot be written");
  if (statvfs(".", &disk) == 0) {
    const double left = (double)disk.f_bavail * (double)disk.f_frsize / gigabyte;
    fcast_findings_add(findings, "disk", left < least_disk ? FCAST_HEALTH_NOTE : FCAST_HEALTH_OK,
                       "a hundred runs take 0.1 GB; output.compress, output.float32 and ensemble.keep_density=false "
                       "take less",
                       "%.1f GB free here", left);
  }
}

void fcast_doctor_machine(fcast_findings *findings) {
  check_threads(findings);
  check_memory(findings);
  check_directory(findings);
}

/* --- other programs --- */

/* The first file of a name in PATH that may be run. */
static bool find_program(const char *name, char path[PATH_MAX]) {
  const char *next = getenv("PATH");
  while (next != NULL && *next != '\0') {
    const size_t length = strcspn(next, ":");
    (void)snprintf(path, PATH_MAX, "%.*s/%s", (int)length, length > 0 ? next : ".", name);
    if (access(path, X_OK) == 0) {
      return true;
    }
    next += length + (next[length] == ':');
  }
  return false;
}

static void check_program(fcast_findings *findings, const char *name, const char *advice) {
  char path[PATH_MAX];
  const bool is_there = find_program(name, path);
  fcast_findings_add(findings, name, is_there ? FCAST_HEALTH_OK : FCAST_HEALTH_NOTE, advice, "%.180s",
                     is_there ? path : "not found");
}

/* The first line of what a program printed, or "". */
static void first_line(const fcast_process_result *result, char text[128]) {
  (void)snprintf(text, 128, "%.*s", (int)strcspn(result->output, "\n"), result->output);
}

static void check_numpy(fcast_findings *findings) {
  const char *const argv[] = {"python3", "-c",
                              "import sys, numpy; print(sys.version.split()[0], 'with NumPy', "
                              "numpy.__version__)",
                              NULL};
  fcast_process_result result = {0};
  char version[128] = "";
  if (fcast_process_run(argv, NULL, false, 30.0, &result, NULL) == FCAST_OK && result.exit_status == 0) {
    first_line(&result, version);
  }
  fcast_process_clear(&result);
  fcast_findings_add(findings, "python", version[0] != '\0' ? FCAST_HEALTH_OK : FCAST_HEALTH_NOTE,
                     "only needed to read the files yourself with numpy.load: apt-get install python3-numpy", "%s",
                     version[0] != '\0' ? version : "no python3 with NumPy");
}

void fcast_doctor_programs(fcast_findings *findings) {
  static const char slurm[] = "submit works where Slurm is, on the cluster; here status goes by the files alone";
  check_program(findings, "sbatch", slurm);
  check_program(findings, "squeue", slurm);
  check_program(findings, "sacct", "status cannot say which jobs have failed, only that their runs are missing");
  check_program(findings, "ssh", "sync cannot fetch from another machine: apt-get install openssh-client");
  check_program(findings, "rsync", "sync does not work: apt-get install rsync, here and on the cluster");
  check_numpy(findings);
}

"""Find the tasks that nobody owns by the role that takes care of them: one's own list is those and one's own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worklist", "0003_count_tasks_by_index")]
    operations = [
        migrations.RemoveIndex("task", "task_count"),
        migrations.AddIndex(
            "task",
            models.Index(
                fields=["role", "state", "-score", "-id"],
                name="task_of_role",
                condition=models.Q(owner__isnull=True),
            ),
        ),
    ]
